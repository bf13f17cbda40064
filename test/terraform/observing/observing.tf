resource "aws_iam_role" "watcher" {
  name = "watcher"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "watcher" {
  role       = aws_iam_role.watcher.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "watcher" {
  function_name    = "watcher"
  role             = aws_iam_role.watcher.arn
  runtime          = "python3.11"
  handler          = "app.handler"
  filename         = "${path.module}/app.zip"
  source_code_hash = filebase64sha256("${path.module}/app.zip")
  publish          = true
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.watcher.function_name
  function_version = aws_lambda_function.watcher.version
}

resource "aws_cloudwatch_log_group" "app" {
  name              = "/app/watched"
  retention_in_days = 7
}

resource "aws_cloudwatch_log_stream" "app" {
  name           = "main"
  log_group_name = aws_cloudwatch_log_group.app.name
}

resource "aws_lambda_permission" "logs" {
  statement_id  = "logs"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.watcher.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "logs.us-east-1.amazonaws.com"
  source_arn    = "${aws_cloudwatch_log_group.app.arn}:*"
}

resource "aws_cloudwatch_log_subscription_filter" "errors" {
  name            = "errors"
  log_group_name  = aws_cloudwatch_log_group.app.name
  filter_pattern  = var.generation == 1 ? "ERROR" : "{ $.level = \"ERROR\" }"
  destination_arn = aws_lambda_alias.live.arn

  depends_on = [aws_lambda_permission.logs]
}

resource "aws_cloudwatch_log_metric_filter" "orders" {
  name           = "orders"
  log_group_name = aws_cloudwatch_log_group.app.name
  pattern        = "{ $.total = * }"

  metric_transformation {
    name       = "OrderTotal"
    namespace  = var.generation == 1 ? "shop" : "shop/second"
    value      = "$.total"
    unit       = "Count"
    dimensions = { region = "$.region" }
  }
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  log_group_name = aws_cloudwatch_log_group.app.name
  pattern        = "ERROR"

  metric_transformation {
    name          = "Errors"
    namespace     = "shop"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_log_resource_policy" "events" {
  policy_name = "events-to-logs"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = var.generation == 1 ? ["events.amazonaws.com"] : ["events.amazonaws.com", "delivery.logs.amazonaws.com"] }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "${aws_cloudwatch_log_group.app.arn}:*"
    }]
  })
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "watched-errors"
  alarm_description   = "Too many errors."
  namespace           = "shop"
  metric_name         = "Errors"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = var.generation == 1 ? 1 : 3
  datapoints_to_alarm = var.generation == 1 ? 1 : 2
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_lambda_function.watcher.arn]
  tags                = { generation = tostring(var.generation) }
}

resource "aws_cloudwatch_metric_alarm" "slow" {
  alarm_name                            = "watched-slow"
  extended_statistic                    = "p99"
  namespace                             = "AWS/Lambda"
  metric_name                           = "Duration"
  dimensions                            = { FunctionName = aws_lambda_function.watcher.function_name }
  period                                = 300
  evaluation_periods                    = 2
  threshold                             = 1500.5
  comparison_operator                   = "GreaterThanOrEqualToThreshold"
  evaluate_low_sample_count_percentiles = "ignore"
  actions_enabled                       = var.generation == 1
}

resource "aws_cloudwatch_metric_alarm" "query" {
  alarm_name          = "watched-query"
  evaluation_periods  = 1
  threshold           = 10
  comparison_operator = "LessThanThreshold"

  metric_query {
    id          = "m1"
    return_data = true

    metric {
      namespace   = "shop"
      metric_name = "OrderTotal"
      period      = 60
      stat        = "Average"
      dimensions  = { region = "eu" }
    }
  }
}

output "arns" {
  value = [aws_cloudwatch_metric_alarm.errors.arn, aws_cloudwatch_log_group.app.arn]
}
