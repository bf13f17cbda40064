resource "aws_iam_role" "consumer" {
  name = "consumer"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "queue" {
  role       = aws_iam_role.consumer.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}

resource "aws_lambda_function" "consumer" {
  function_name    = "consumer"
  role             = aws_iam_role.consumer.arn
  runtime          = "python3.11"
  handler          = "app.handler"
  filename         = "${path.module}/app.zip"
  source_code_hash = filebase64sha256("${path.module}/app.zip")
  publish          = true
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.consumer.function_name
  function_version = aws_lambda_function.consumer.version
}

resource "aws_sqs_queue" "jobs" {
  name                       = "jobs"
  visibility_timeout_seconds = 60
}

resource "aws_sqs_queue" "steps" {
  name                        = "steps.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
}

resource "aws_lambda_event_source_mapping" "jobs" {
  event_source_arn                   = aws_sqs_queue.jobs.arn
  function_name                      = aws_lambda_function.consumer.arn
  batch_size                         = var.generation == 1 ? 100 : 50
  maximum_batching_window_in_seconds = 1
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = { generation = tostring(var.generation) }

  dynamic "filter_criteria" {
    for_each = var.generation == 1 ? [1] : []
    content {
      filter {
        pattern = jsonencode({ body = { kind = ["order", { prefix = "in" }] } })
      }
      filter {
        pattern = jsonencode({ body = { total = [{ numeric = [">", 100] }] } })
      }
    }
  }

  scaling_config {
    maximum_concurrency = var.generation == 1 ? 2 : 10
  }

  depends_on = [aws_iam_role_policy_attachment.queue]
}

resource "aws_lambda_event_source_mapping" "steps" {
  event_source_arn = aws_sqs_queue.steps.arn
  function_name    = aws_lambda_alias.live.arn
  enabled          = var.generation == 1
  batch_size       = 5

  metrics_config {
    metrics = ["EventCount"]
  }

  depends_on = [aws_iam_role_policy_attachment.queue]
}

output "jobs" {
  value = {
    state = aws_lambda_event_source_mapping.jobs.state
    uuid  = aws_lambda_event_source_mapping.jobs.uuid
    arn   = aws_lambda_event_source_mapping.jobs.arn
  }
}
