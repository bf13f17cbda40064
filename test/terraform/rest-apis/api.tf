resource "aws_api_gateway_rest_api" "pets" {
  name                     = "pets"
  description              = local.name
  binary_media_types       = local.is_first ? ["image/png"] : ["image/png", "application/*"]
  minimum_compression_size = local.is_first ? 1024 : 2048
  tags                     = { purpose = local.name }

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_rest_api_policy" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "${aws_api_gateway_rest_api.pets.execution_arn}/*" }]
  })
}

resource "aws_api_gateway_resource" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  parent_id   = aws_api_gateway_rest_api.pets.root_resource_id
  path_part   = "pets"
}

resource "aws_api_gateway_resource" "pet" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  parent_id   = aws_api_gateway_resource.pets.id
  path_part   = "{id}"
}

resource "aws_api_gateway_model" "pet" {
  rest_api_id  = aws_api_gateway_rest_api.pets.id
  name         = "Pet"
  description  = local.name
  content_type = "application/json"
  schema       = jsonencode({ "$schema" = "http://json-schema.org/draft-04/schema#", type = "object", properties = { name = { type = "string" } }, required = ["name"] })
}

resource "aws_api_gateway_request_validator" "all" {
  rest_api_id                 = aws_api_gateway_rest_api.pets.id
  name                        = "all"
  validate_request_body       = true
  validate_request_parameters = local.is_first
}

resource "aws_api_gateway_authorizer" "token" {
  rest_api_id                      = aws_api_gateway_rest_api.pets.id
  name                             = "token"
  authorizer_uri                   = aws_lambda_function.pets.invoke_arn
  authorizer_credentials           = aws_iam_role.pets.arn
  authorizer_result_ttl_in_seconds = local.is_first ? 300 : 60
}

resource "aws_api_gateway_authorizer" "pool" {
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  name          = "pool"
  type          = "COGNITO_USER_POOLS"
  provider_arns = ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_${local.name}"]
}

resource "aws_api_gateway_gateway_response" "denied" {
  rest_api_id         = aws_api_gateway_rest_api.pets.id
  response_type       = "UNAUTHORIZED"
  status_code         = "401"
  response_parameters = { "gatewayresponse.header.WWW-Authenticate" = "'${local.name}'" }
  response_templates  = { "application/json" = "{\"message\":$context.error.messageString}" }
}

resource "aws_api_gateway_documentation_part" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  properties  = jsonencode({ description = local.name })

  location {
    type   = "METHOD"
    path   = "/pets"
    method = "POST"
  }
}
