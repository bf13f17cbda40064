resource "aws_sqs_queue" "dead" {
  name                      = "dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "work" {
  name                       = "work"
  delay_seconds              = local.is_first ? 0 : 5
  max_message_size           = local.is_first ? 2048 : 262144
  message_retention_seconds  = 86400
  receive_wait_time_seconds  = 10
  visibility_timeout_seconds = local.is_first ? 60 : 90
  tags                       = { purpose = local.name }
}

resource "aws_sqs_queue" "encrypted" {
  name_prefix                       = "encrypted-"
  kms_master_key_id                 = "alias/aws/sqs"
  kms_data_key_reuse_period_seconds = local.is_first ? 300 : 600
}

resource "aws_sqs_queue" "ordered" {
  name                        = "ordered.fifo"
  fifo_queue                  = true
  content_based_deduplication = local.is_first
  deduplication_scope         = "messageGroup"
  fifo_throughput_limit       = "perMessageGroupId"
  sqs_managed_sse_enabled     = true
}

# All in one, as older configurations have it.
resource "aws_sqs_queue" "whole" {
  name = "whole"
  redrive_policy = jsonencode({
    deadLetterTargetArn = "arn:aws:sqs:us-east-1:000000000000:dead"
    maxReceiveCount     = local.is_first ? 3 : 4
  })
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = "111122223333" }, Action = "sqs:SendMessage", Resource = "arn:aws:sqs:us-east-1:000000000000:whole" }]
  })
  depends_on = [aws_sqs_queue.dead]
}

resource "aws_sqs_queue_policy" "work" {
  queue_url = aws_sqs_queue.work.id
  policy    = data.aws_iam_policy_document.work.json
}

data "aws_iam_policy_document" "work" {
  statement {
    sid       = "Uploads"
    actions   = local.is_first ? ["sqs:SendMessage"] : ["sqs:SendMessage", "sqs:GetQueueAttributes"]
    resources = [aws_sqs_queue.work.arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:aws:s3:::uploads"]
    }
  }
}

resource "aws_sqs_queue_redrive_policy" "work" {
  queue_url = aws_sqs_queue.work.id
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = local.is_first ? 5 : 6
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [for name in local.is_first ? ["work", "whole"] : ["work", "whole", "other"] : "arn:aws:sqs:us-east-1:000000000000:${name}"]
  })
}

data "aws_sqs_queue" "work" {
  name = aws_sqs_queue.work.name
}

data "aws_sqs_queues" "all" {
  depends_on = [aws_sqs_queue.dead, aws_sqs_queue.work, aws_sqs_queue.ordered, aws_sqs_queue.whole, aws_sqs_queue.encrypted]
}

output "read" {
  value = {
    arn   = data.aws_sqs_queue.work.arn
    count = length(setintersection(data.aws_sqs_queues.all.queue_urls, [aws_sqs_queue.dead.id, aws_sqs_queue.work.id, aws_sqs_queue.ordered.id, aws_sqs_queue.whole.id, aws_sqs_queue.encrypted.id]))
    tags  = data.aws_sqs_queue.work.tags
    url   = data.aws_sqs_queue.work.url == aws_sqs_queue.work.id
  }
}
