resource "aws_api_gateway_account" "this" {
  cloudwatch_role_arn = aws_iam_role.pets.arn
}

resource "aws_api_gateway_deployment" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  description = "the ${local.name}"
  triggers    = { generation = local.name }
  depends_on  = [aws_api_gateway_integration.get, aws_api_gateway_integration_response.post]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  deployment_id = aws_api_gateway_deployment.pets.id
  stage_name    = "live"
  description   = local.name
  variables     = local.is_first ? { color = "red", size = "small" } : { color = "blue" }
  tags          = { purpose = local.name }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = local.is_first ? "$context.requestId" : "$context.requestId $context.status"
  }

  depends_on = [aws_api_gateway_account.this]
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = local.is_first
    logging_level          = "INFO"
    throttling_rate_limit  = local.is_first ? 100 : 50.5
    throttling_burst_limit = 50
  }
}

resource "aws_api_gateway_method_settings" "post" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "pets/POST"

  settings {
    throttling_rate_limit  = 5
    throttling_burst_limit = 5
  }
}

resource "aws_api_gateway_api_key" "client" {
  name        = "client"
  description = local.name
  tags        = { purpose = local.name }
}

resource "aws_api_gateway_usage_plan" "basic" {
  name        = "basic"
  description = local.name

  api_stages {
    api_id = aws_api_gateway_rest_api.pets.id
    stage  = aws_api_gateway_stage.live.stage_name

    throttle {
      path        = "/pets/{id}/GET"
      rate_limit  = local.is_first ? 3 : 4
      burst_limit = 2
    }
  }

  quota_settings {
    limit  = local.is_first ? 100 : 200
    offset = 1
    period = "WEEK"
  }

  throttle_settings {
    rate_limit  = 20
    burst_limit = local.is_first ? 10 : 15
  }
}

resource "aws_api_gateway_usage_plan_key" "client" {
  key_id        = aws_api_gateway_api_key.client.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.basic.id
}

resource "aws_api_gateway_domain_name" "pets" {
  domain_name              = "rest-pets.example.com"
  regional_certificate_arn = "arn:aws:acm:us-east-1:000000000000:certificate/11111111-1111-1111-1111-111111111111"
  security_policy          = "TLS_1_2"

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_base_path_mapping" "pets" {
  api_id      = aws_api_gateway_rest_api.pets.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  domain_name = aws_api_gateway_domain_name.pets.domain_name
  base_path   = local.is_first ? "v1" : "v2"
}

# An API as one document.
resource "aws_api_gateway_rest_api" "imported" {
  name = "imported"
  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "imported", version = local.name }
    paths = {
      "/${local.name}" = {
        get = {
          responses                           = { 200 = { description = "fine" } }
          "x-amazon-apigateway-integration" = { type = "aws_proxy", httpMethod = "POST", uri = aws_lambda_function.pets.invoke_arn }
        }
      }
    }
  })
}

resource "aws_api_gateway_deployment" "imported" {
  rest_api_id = aws_api_gateway_rest_api.imported.id
  triggers    = { body = sha1(aws_api_gateway_rest_api.imported.body) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "imported" {
  rest_api_id   = aws_api_gateway_rest_api.imported.id
  deployment_id = aws_api_gateway_deployment.imported.id
  stage_name    = "live"
}

output "read" {
  value = {
    pets     = aws_api_gateway_stage.live.invoke_url
    imported = aws_api_gateway_stage.imported.invoke_url
    key      = nonsensitive(aws_api_gateway_api_key.client.value)
  }
}
