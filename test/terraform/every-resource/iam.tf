data "aws_caller_identity" "me" {}
data "aws_region" "here" {}
data "aws_partition" "this" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "worker" {
  name                 = "worker"
  path                 = "/team/"
  description          = local.name
  max_session_duration = local.is_first ? 7200 : 3600
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  tags                 = { purpose = local.name }
}

resource "aws_iam_policy" "read" {
  name        = "read-uploads"
  path        = "/team/"
  description = "reads the bucket"
  tags        = { purpose = local.name }

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = local.is_first ? ["s3:GetObject"] : ["s3:GetObject", "s3:GetObjectTagging"], Resource = "${aws_s3_bucket.uploads.arn}/*" }]
  })
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.worker.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "hand_on" {
  role = aws_iam_role.worker.name
  name = "hand-on"

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "lambda:InvokeFunction", Resource = aws_lambda_function.from_object.arn }]
  })
}

# The older way: all in one resource.
resource "aws_iam_role" "inline" {
  name                  = "inline"
  assume_role_policy    = data.aws_iam_policy_document.trust.json
  force_detach_policies = true
  permissions_boundary  = aws_iam_policy.read.arn
  managed_policy_arns   = [aws_iam_policy.read.arn]

  inline_policy {
    name   = "all-of-s3"
    policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
  }
}

data "aws_iam_role" "worker" {
  name = aws_iam_role.worker.name
}
