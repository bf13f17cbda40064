resource "aws_iam_role" "mover" {
  name = "mover"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "pipes.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "mover" {
  role = aws_iam_role.mover.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource = aws_sqs_queue.orders.arn },
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.parcels.arn },
    ]
  })
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_sqs_queue" "parcels" {
  name = "parcels"
}

resource "aws_pipes_pipe" "orders" {
  name          = "orders"
  role_arn      = aws_iam_role.mover.arn
  source        = aws_sqs_queue.orders.arn
  target        = aws_sqs_queue.parcels.arn
  description   = "generation ${var.generation}"
  desired_state = var.generation == 1 ? "RUNNING" : "STOPPED"
  tags          = { generation = tostring(var.generation) }

  source_parameters {
    sqs_queue_parameters {
      batch_size                         = var.generation == 1 ? 5 : 10
      maximum_batching_window_in_seconds = 1
    }
    filter_criteria {
      filter {
        pattern = jsonencode({ body = { kind = ["order"] } })
      }
    }
  }

  target_parameters {
    input_template = "{\"id\": <$.body.id>}"
  }

  depends_on = [aws_iam_role_policy.mover]
}

output "arn" {
  value = aws_pipes_pipe.orders.arn
}
