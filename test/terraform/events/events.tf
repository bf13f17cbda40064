resource "aws_cloudwatch_event_bus" "shop" {
  name        = "shop"
  description = "of the ${local.name}"
  tags        = { purpose = local.name }

  dead_letter_config {
    arn = aws_sqs_queue.dead.arn
  }
}

resource "aws_cloudwatch_event_bus" "plain" {
  name = "plain"
}

resource "aws_cloudwatch_event_bus_policy" "shop" {
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Partners"
      Effect    = "Allow"
      Principal = { AWS = local.is_first ? "arn:aws:iam::111122223333:root" : "arn:aws:iam::222233334444:root" }
      Action    = "events:PutEvents"
      Resource  = aws_cloudwatch_event_bus.shop.arn
    }]
  })
}

resource "aws_cloudwatch_event_permission" "everybody" {
  event_bus_name = aws_cloudwatch_event_bus.plain.name
  statement_id   = "Organization"
  principal      = "*"

  condition {
    type  = "StringEquals"
    key   = "aws:PrincipalOrgID"
    value = local.is_first ? "o-1234567890" : "o-0987654321"
  }
}

resource "aws_cloudwatch_event_rule" "orders" {
  name           = "orders"
  description    = local.is_first ? "what is ordered" : null
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  tags           = { purpose = local.name }
  event_pattern = jsonencode({
    source        = ["shop"]
    "detail-type" = [local.is_first ? "order placed" : "order cancelled"]
    detail        = { total = [{ numeric = [">", 100] }] }
  })
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "nightly"
  schedule_expression = local.is_first ? "cron(0 3 ? * MON-FRI *)" : "rate(1 day)"
  state               = local.is_first ? "ENABLED" : "DISABLED"
}

# On an alias, with a text made of the event.
resource "aws_cloudwatch_event_target" "function" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  target_id      = "function"
  arn            = aws_lambda_alias.live.arn

  input_transformer {
    input_paths    = { id = "$.detail.id", total = "$.detail.total" }
    input_template = local.is_first ? "\"order <id> for <total>\"" : "{\"order\":\"<id>\"}"
  }

  retry_policy {
    maximum_retry_attempts       = local.is_first ? 3 : 5
    maximum_event_age_in_seconds = 3600
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead.arn
  }
}

resource "aws_cloudwatch_event_target" "queue" {
  rule      = aws_cloudwatch_event_rule.nightly.name
  target_id = "queue"
  arn       = aws_sqs_queue.steps.arn
  input     = jsonencode({ run = local.name })

  sqs_target {
    message_group_id = local.name
  }
}

resource "aws_cloudwatch_event_target" "hook" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  target_id      = "hook"
  arn            = aws_cloudwatch_event_api_destination.hook.arn
  role_arn       = aws_iam_role.events.arn
  input_path     = "$.detail"

  http_target {
    path_parameter_values   = ["$.detail.id"]
    header_parameters       = { "x-source" = "events" }
    query_string_parameters = { stage = local.name }
  }
}

resource "aws_cloudwatch_event_connection" "key" {
  name               = "key"
  description        = local.name
  authorization_type = "API_KEY"

  auth_parameters {
    api_key {
      key   = "x-api-key"
      value = local.is_first ? "one" : "two"
    }

    invocation_http_parameters {
      header {
        key   = "x-tenant"
        value = local.name
      }
      body {
        key             = "token"
        value           = "hidden"
        is_value_secret = true
      }
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "hook" {
  name                             = "hook"
  description                      = local.name
  invocation_endpoint              = "https://hooks.example.com/orders/*"
  http_method                      = local.is_first ? "POST" : "PUT"
  invocation_rate_limit_per_second = local.is_first ? 20 : 300
  connection_arn                   = aws_cloudwatch_event_connection.key.arn
}

resource "aws_cloudwatch_event_archive" "orders" {
  name             = "orders"
  description      = local.name
  event_source_arn = aws_cloudwatch_event_bus.shop.arn
  retention_days   = local.is_first ? 7 : 14
  event_pattern    = jsonencode({ source = ["shop"] })
}

resource "aws_lambda_permission" "events" {
  statement_id  = "AllowEvents"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.orders.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.orders.arn
}

output "arns" {
  value = {
    bus         = aws_cloudwatch_event_bus.shop.arn
    rule        = aws_cloudwatch_event_rule.orders.arn
    connection  = aws_cloudwatch_event_connection.key.arn
    destination = aws_cloudwatch_event_api_destination.hook.arn
    archive     = aws_cloudwatch_event_archive.orders.arn
  }
}
