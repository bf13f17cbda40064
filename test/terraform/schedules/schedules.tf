resource "aws_scheduler_schedule_group" "reports" {
  name = "reports"
  tags = { purpose = local.name }
}

resource "aws_scheduler_schedule_group" "prefixed" {
  name_prefix = "prefixed-"
}

resource "aws_sqs_queue" "ticks" {
  name = "scheduled-ticks"
}

resource "aws_sqs_queue" "dead" {
  name = "scheduled-dead"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:aws:scheduler:us-east-1:000000000000:schedule-group/default", aws_scheduler_schedule_group.reports.arn]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name               = "terraform-scheduler"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  inline_policy {
    name   = "send"
    policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = "arn:aws:sqs:us-east-1:000000000000:scheduled-*" }] })
  }
}

# As short as it can be.
resource "aws_scheduler_schedule" "hourly" {
  name                = "hourly"
  schedule_expression = local.is_first ? "rate(1 hours)" : "rate(2 hours)"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = aws_sqs_queue.ticks.arn
    role_arn = aws_iam_role.scheduler.arn
  }
}

resource "aws_scheduler_schedule" "report" {
  name                         = "report"
  group_name                   = aws_scheduler_schedule_group.reports.name
  description                  = local.name
  state                        = local.is_first ? "ENABLED" : "DISABLED"
  schedule_expression          = "cron(0 9 ? * MON-FRI *)"
  schedule_expression_timezone = local.is_first ? "Europe/Berlin" : "America/New_York"
  end_date                     = "2199-01-01T00:00:00Z"
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = local.is_first ? 15 : 30
  }
  target {
    arn      = aws_sqs_queue.ticks.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ at = "<aws.scheduler.scheduled-time>" })
    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = local.is_first ? 5 : 0
    }
    dead_letter_config {
      arn = aws_sqs_queue.dead.arn
    }
  }
}

resource "aws_scheduler_schedule" "universal" {
  name_prefix         = "universal-"
  schedule_expression = "at(2199-01-01T00:00:00)"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ QueueUrl = aws_sqs_queue.ticks.url, MessageBody = local.name })
  }
}
