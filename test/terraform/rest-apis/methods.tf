resource "aws_api_gateway_method" "get" {
  rest_api_id      = aws_api_gateway_rest_api.pets.id
  resource_id      = aws_api_gateway_resource.pet.id
  http_method      = "GET"
  authorization    = "NONE"
  api_key_required = true
  request_parameters = {
    "method.request.path.id"           = true
    "method.request.querystring.color" = local.is_first
  }
}

resource "aws_api_gateway_integration" "get" {
  rest_api_id             = aws_api_gateway_rest_api.pets.id
  resource_id             = aws_api_gateway_resource.pet.id
  http_method             = aws_api_gateway_method.get.http_method
  integration_http_method = "POST"
  type                    = "AWS_PROXY"
  uri                     = aws_lambda_function.pets.invoke_arn
  timeout_milliseconds    = local.is_first ? 29000 : 5000
}

resource "aws_api_gateway_method" "post" {
  rest_api_id          = aws_api_gateway_rest_api.pets.id
  resource_id          = aws_api_gateway_resource.pets.id
  http_method          = "POST"
  authorization        = local.is_first ? "CUSTOM" : "COGNITO_USER_POOLS"
  authorizer_id        = local.is_first ? aws_api_gateway_authorizer.token.id : aws_api_gateway_authorizer.pool.id
  authorization_scopes = local.is_first ? null : ["pets/write"]
  request_validator_id = aws_api_gateway_request_validator.all.id
  request_models       = { "application/json" = aws_api_gateway_model.pet.name }
}

resource "aws_api_gateway_method_response" "post" {
  rest_api_id         = aws_api_gateway_rest_api.pets.id
  resource_id         = aws_api_gateway_resource.pets.id
  http_method         = aws_api_gateway_method.post.http_method
  status_code         = "200"
  response_models     = { "application/json" = local.is_first ? "Empty" : aws_api_gateway_model.pet.name }
  response_parameters = { "method.response.header.X-Kind" = local.is_first }
}

resource "aws_api_gateway_integration" "post" {
  rest_api_id             = aws_api_gateway_rest_api.pets.id
  resource_id             = aws_api_gateway_resource.pets.id
  http_method             = aws_api_gateway_method.post.http_method
  integration_http_method = "POST"
  type                    = "AWS"
  uri                     = aws_lambda_function.pets.invoke_arn
  passthrough_behavior    = "NEVER"
  request_templates       = { "application/json" = "{\"kind\": \"${local.name}\", \"body\": $input.json('$')}" }
  request_parameters      = { "integration.request.header.X-Kind" = "'${local.name}'" }
}

resource "aws_api_gateway_integration_response" "post" {
  rest_api_id         = aws_api_gateway_rest_api.pets.id
  resource_id         = aws_api_gateway_resource.pets.id
  http_method         = aws_api_gateway_method.post.http_method
  status_code         = aws_api_gateway_method_response.post.status_code
  selection_pattern   = local.is_first ? null : "ok.*"
  response_parameters = { "method.response.header.X-Kind" = "'${local.name}'" }
  response_templates  = { "application/json" = "$input.json('$')" }
  depends_on          = [aws_api_gateway_integration.post]
}
