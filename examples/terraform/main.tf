terraform {
  required_version = ">= 1.4"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "endpoint" {
  description = "Where lambdad answers"
  default     = "http://127.0.0.1:4566"
}

variable "name" {
  description = "Of the bucket, the function and its role"
  default     = "inbox"
}

variable "greeting" {
  default = "Here is"
}

# This block alone is of lambdad. For AWS, leave out everything but the region.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  endpoints {
    iam    = var.endpoint
    lambda = var.endpoint
    logs   = var.endpoint
    s3     = var.endpoint
    sts    = var.endpoint
  }
}

data "aws_caller_identity" "me" {}

# Who the function is, and what it may do.

resource "aws_iam_role" "uploads" {
  name = var.name
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.uploads.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "read" {
  role = aws_iam_role.uploads.name
  name = "read"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.uploads.arn}/*" }]
  })
}

# The function, from the folder function/. Terraform itself makes no zip files: Python does it, whenever the folder has changed.

locals {
  sources = { for file in fileset("${path.module}/function", "*.mjs") : file => filesha256("${path.module}/function/${file}") }
}

resource "terraform_data" "package" {
  triggers_replace = local.sources

  provisioner "local-exec" {
    working_dir = "${path.module}/function"
    command     = "python3 -m zipfile -c ../function.zip ${join(" ", keys(local.sources))}"
  }
}

resource "aws_lambda_function" "uploads" {
  function_name    = var.name
  role             = aws_iam_role.uploads.arn
  runtime          = "nodejs22.x"
  handler          = "app.handler"
  filename         = "${path.module}/function.zip"
  source_code_hash = sha256(jsonencode(local.sources))

  environment {
    variables = { GREETING = var.greeting }
  }

  depends_on = [terraform_data.package, aws_cloudwatch_log_group.uploads, aws_iam_role_policy_attachment.logs]
}

resource "aws_cloudwatch_log_group" "uploads" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = 7
}

# The bucket calls the function. Without the permission the door is shut, as on AWS: `lambdad why inbox` prints it.

resource "aws_s3_bucket" "uploads" {
  bucket        = var.name
  force_destroy = true
}

resource "aws_lambda_permission" "bucket" {
  statement_id   = "AllowInvokeFromS3"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.uploads.function_name
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.uploads.arn
  source_account = data.aws_caller_identity.me.account_id
}

resource "aws_s3_bucket_notification" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  lambda_function {
    lambda_function_arn = aws_lambda_function.uploads.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "in/"
  }

  depends_on = [aws_lambda_permission.bucket]
}

output "upload" {
  value = "aws --endpoint-url ${var.endpoint} s3 cp hello.txt s3://${aws_s3_bucket.uploads.id}/in/"
}

output "log" {
  value = "npx lambdad logs ${aws_lambda_function.uploads.function_name} --endpoint ${var.endpoint}"
}
