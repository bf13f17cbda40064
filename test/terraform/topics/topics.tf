resource "aws_sns_topic" "news" {
  name              = "news"
  display_name      = var.generation == 1 ? "News" : "More news"
  signature_version = 2
  tags              = { generation = tostring(var.generation) }

  delivery_policy = jsonencode({
    http = {
      defaultHealthyRetryPolicy = {
        minDelayTarget = 5, maxDelayTarget = 20, numRetries = var.generation == 1 ? 3 : 4, numMaxDelayRetries = 0, numNoDelayRetries = 0, numMinDelayRetries = 0, backoffFunction = "linear"
      }
      disableSubscriptionOverrides = false
    }
  })
}

resource "aws_sns_topic" "ordered" {
  name                        = "ordered.fifo"
  fifo_topic                  = true
  content_based_deduplication = var.generation == 1
  fifo_throughput_scope       = "MessageGroup"
}

resource "aws_sns_topic_policy" "news" {
  arn = aws_sns_topic.news.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Uploads"
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = var.generation == 1 ? ["sns:Publish"] : ["sns:Publish", "sns:GetTopicAttributes"]
      Resource  = aws_sns_topic.news.arn
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:s3:::news" } }
    }]
  })
}

resource "aws_iam_role" "reader" {
  name = "news-reader"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "reader" {
  role       = aws_iam_role.reader.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "reader" {
  function_name    = "news-reader"
  role             = aws_iam_role.reader.arn
  runtime          = "python3.11"
  handler          = "app.handler"
  filename         = "${path.module}/app.zip"
  source_code_hash = filebase64sha256("${path.module}/app.zip")
}

resource "aws_lambda_permission" "news" {
  statement_id  = "News"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.reader.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.news.arn
}

resource "aws_sns_topic_subscription" "reader" {
  topic_arn = aws_sns_topic.news.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.reader.arn
}

resource "aws_sqs_queue" "archive" {
  name = "news-archive"
}

resource "aws_sqs_queue" "dead" {
  name = "news-dead"
}

data "aws_iam_policy_document" "from_news" {
  for_each = { archive = aws_sqs_queue.archive.arn, dead = aws_sqs_queue.dead.arn }

  statement {
    actions   = ["sqs:SendMessage"]
    resources = [each.value]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_sns_topic.news.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "archive" {
  queue_url = aws_sqs_queue.archive.url
  policy    = data.aws_iam_policy_document.from_news["archive"].json
}

resource "aws_sqs_queue_policy" "dead" {
  queue_url = aws_sqs_queue.dead.url
  policy    = data.aws_iam_policy_document.from_news["dead"].json
}

resource "aws_sns_topic_subscription" "archive" {
  topic_arn            = aws_sns_topic.news.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.archive.arn
  raw_message_delivery = var.generation == 1
  filter_policy        = var.generation == 1 ? jsonencode({ kind = ["report", { prefix = "in" }] }) : jsonencode({ report = { pages = [{ numeric = [">", 10] }] } })
  filter_policy_scope  = var.generation == 1 ? "MessageAttributes" : "MessageBody"
  redrive_policy       = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn })
}

data "aws_sns_topic" "news" {
  name       = aws_sns_topic.news.name
  depends_on = [aws_sns_topic.news]
}

output "read" {
  value = { arn = data.aws_sns_topic.news.arn, owner = aws_sns_topic.news.owner, subscription = aws_sns_topic_subscription.archive.arn, confirmed = !aws_sns_topic_subscription.reader.pending_confirmation }
}
