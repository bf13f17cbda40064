from lambdad_context import Client, ClientContext, CognitoIdentity, LambdaContext  # noqa: F401
