/** A runtime of the function's own: a module that speaks the Runtime API itself, and is never imported to its end. */
export const RUNTIME_CLIENT = `
import http.client, json, os, socket, time
ADDRESS = os.environ["AWS_LAMBDA_RUNTIME_API"]
BASE = "/2018-06-01/runtime"
def call(method, path, body=None, headers={}):
    connection = http.client.HTTPConnection(ADDRESS)
    connection.request(method, BASE + path, body, headers)
    answer = connection.getresponse()
    data = answer.read()
    return answer.status, dict(answer.getheaders()), data
def take():
    status, headers, body = call("GET", "/invocation/next")
    return headers["Lambda-Runtime-Aws-Request-Id"], headers, json.loads(body)
def answer(id, value):
    return call("POST", "/invocation/%s/response" % id, value if isinstance(value, (bytes, str)) else json.dumps(value))
`;
