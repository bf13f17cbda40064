resource "aws_iam_role" "pets" {
  name               = "pets"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
}

resource "aws_lambda_function" "pets" {
  function_name    = "pets"
  filename         = "${path.module}/app.zip"
  source_code_hash = filebase64sha256("${path.module}/app.zip")
  handler          = "app.handler"
  runtime          = "python3.11"
  role             = aws_iam_role.pets.arn
}

resource "aws_cloudwatch_log_group" "access" {
  name = "/apis/pets"
}

resource "aws_apigatewayv2_api" "pets" {
  name          = "pets"
  protocol_type = "HTTP"
  description   = local.is_first ? "Pets" : null
  tags          = { purpose = local.name }

  cors_configuration {
    allow_origins = ["https://example.com"]
    allow_methods = ["GET", "POST"]
    max_age       = local.is_first ? 60 : 120
  }
}

resource "aws_apigatewayv2_integration" "pets" {
  api_id                 = aws_apigatewayv2_api.pets.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.pets.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = local.is_first ? 30000 : 5000
}

resource "aws_apigatewayv2_integration" "elsewhere" {
  api_id             = aws_apigatewayv2_api.pets.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "https://example.com/{proxy}"
  request_parameters = local.is_first ? { "append:header.x-first" = "1", "overwrite:path" = "/first" } : { "append:header.x-second" = "2" }

  response_parameters {
    status_code = 403
    mappings    = { "overwrite:statuscode" = "404" }
  }
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.pets.id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    audience = local.is_first ? ["pets"] : ["pets", "dogs"]
    issuer   = "https://issuer.example.com"
  }
}

resource "aws_apigatewayv2_authorizer" "function" {
  api_id                            = aws_apigatewayv2_api.pets.id
  name                              = "function-${local.name}"
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = aws_lambda_function.pets.invoke_arn
  authorizer_payload_format_version = "2.0"
  enable_simple_responses           = true
  identity_sources                  = ["$request.header.Authorization"]
}

resource "aws_apigatewayv2_route" "pet" {
  api_id    = aws_apigatewayv2_api.pets.id
  route_key = local.is_first ? "GET /pets/{id}" : "GET /dogs/{id}"
  target    = "integrations/${aws_apigatewayv2_integration.pets.id}"
}

resource "aws_apigatewayv2_route" "closed" {
  api_id               = aws_apigatewayv2_api.pets.id
  route_key            = "POST /pets"
  target               = "integrations/${aws_apigatewayv2_integration.pets.id}"
  authorization_type   = local.is_first ? "JWT" : "CUSTOM"
  authorizer_id        = local.is_first ? aws_apigatewayv2_authorizer.jwt.id : aws_apigatewayv2_authorizer.function.id
  authorization_scopes = local.is_first ? ["pets.write"] : null
}

resource "aws_apigatewayv2_route" "elsewhere" {
  api_id    = aws_apigatewayv2_api.pets.id
  route_key = "ANY /elsewhere/{proxy+}"
  target    = "integrations/${aws_apigatewayv2_integration.elsewhere.id}"
}

resource "aws_apigatewayv2_stage" "live" {
  api_id          = aws_apigatewayv2_api.pets.id
  name            = "$default"
  auto_deploy     = true
  stage_variables = local.is_first ? { color = "red", size = "small" } : { color = "blue" }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = "$context.requestId $context.status"
  }

  default_route_settings {
    throttling_burst_limit = 100
    throttling_rate_limit  = local.is_first ? 50.5 : 60
  }

  route_settings {
    route_key              = aws_apigatewayv2_route.pet.route_key
    throttling_burst_limit = 10
    throttling_rate_limit  = 5
  }
}

resource "aws_apigatewayv2_deployment" "fixed" {
  api_id      = aws_apigatewayv2_api.pets.id
  description = local.name
  depends_on  = [aws_apigatewayv2_route.pet, aws_apigatewayv2_route.closed]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apigatewayv2_stage" "fixed" {
  api_id        = aws_apigatewayv2_api.pets.id
  name          = "fixed"
  deployment_id = aws_apigatewayv2_deployment.fixed.id
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.pets.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.pets.execution_arn}/*/*"
}

resource "aws_apigatewayv2_domain_name" "pets" {
  domain_name = "pets.example.com"

  domain_name_configuration {
    certificate_arn = "arn:aws:acm:us-east-1:000000000000:certificate/${local.is_first ? "11111111" : "22222222"}-1111-1111-1111-111111111111"
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "pets" {
  api_id          = aws_apigatewayv2_api.pets.id
  domain_name     = aws_apigatewayv2_domain_name.pets.id
  stage           = aws_apigatewayv2_stage.live.id
  api_mapping_key = local.is_first ? "v1" : "v2/pets"
}

resource "aws_apigatewayv2_api" "quick" {
  name          = "quick"
  protocol_type = "HTTP"
  target        = aws_lambda_function.pets.arn
}

resource "aws_apigatewayv2_api" "imported" {
  name          = "imported"
  protocol_type = "HTTP"
  version       = local.name
  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "imported", version = local.name }
    paths = {
      "/${local.name}" = {
        get = { "x-amazon-apigateway-integration" = { type = "HTTP_PROXY", httpMethod = "GET", payloadFormatVersion = "1.0", uri = "https://example.com/" } }
      }
    }
  })
}

resource "aws_apigatewayv2_api" "chat" {
  name                       = "chat"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "chat" {
  api_id           = aws_apigatewayv2_api.chat.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.pets.invoke_arn
}

resource "aws_apigatewayv2_route" "chat" {
  for_each                            = toset(["$connect", "$default"])
  api_id                              = aws_apigatewayv2_api.chat.id
  route_key                           = each.key
  target                              = "integrations/${aws_apigatewayv2_integration.chat.id}"
  route_response_selection_expression = each.key == "$default" ? "$default" : null
}

resource "aws_apigatewayv2_route_response" "chat" {
  api_id             = aws_apigatewayv2_api.chat.id
  route_id           = aws_apigatewayv2_route.chat["$default"].id
  route_response_key = "$default"
}

resource "aws_apigatewayv2_model" "chat" {
  api_id       = aws_apigatewayv2_api.chat.id
  content_type = "application/json"
  name         = "chat"
  description  = local.name
  schema       = jsonencode({ type = "object", properties = { action = { type = "string" } } })
}

resource "aws_apigatewayv2_stage" "chat" {
  api_id      = aws_apigatewayv2_api.chat.id
  name        = "live"
  auto_deploy = true
}

output "read" {
  value = {
    endpoint = aws_apigatewayv2_api.pets.api_endpoint
    invoke   = aws_apigatewayv2_stage.live.invoke_url
    fixed    = aws_apigatewayv2_stage.fixed.invoke_url
    chat     = aws_apigatewayv2_stage.chat.invoke_url
    socket   = aws_apigatewayv2_api.chat.api_endpoint
  }
}
