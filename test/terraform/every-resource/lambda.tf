resource "aws_cloudwatch_log_group" "worker" {
  name              = "/team/worker"
  retention_in_days = local.is_first ? 7 : 14
  tags              = { purpose = local.name }
}

resource "aws_lambda_layer_version" "library" {
  layer_name               = "library"
  description              = "a library"
  license_info             = "MIT"
  filename                 = "${path.module}/layer.zip"
  source_code_hash         = filebase64sha256("${path.module}/layer.zip")
  compatible_runtimes      = ["python3.11", "python3.13"]
  compatible_architectures = ["x86_64", "arm64"]
}

resource "aws_lambda_layer_version" "from_object" {
  layer_name = aws_lambda_layer_version.library.layer_name
  s3_bucket  = aws_s3_object.layer.bucket
  s3_key     = aws_s3_object.layer.key
}

resource "aws_lambda_layer_version_permission" "organization" {
  layer_name      = aws_lambda_layer_version.library.layer_name
  version_number  = aws_lambda_layer_version.library.version
  statement_id    = "organization"
  action          = "lambda:GetLayerVersion"
  principal       = "*"
  organization_id = "o-1234567890"
}

resource "aws_lambda_function" "worker" {
  function_name                  = "worker"
  description                    = local.name
  role                           = aws_iam_role.worker.arn
  runtime                        = "python3.11"
  handler                        = "app.handler"
  filename                       = "${path.module}/app.zip"
  source_code_hash               = filebase64sha256("${path.module}/app.zip")
  architectures                  = ["x86_64"]
  memory_size                    = local.is_first ? 128 : 256
  timeout                        = 10
  publish                        = true
  reserved_concurrent_executions = local.is_first ? 5 : 6
  layers                         = [aws_lambda_layer_version.library.arn]
  tags                           = { purpose = local.name }

  ephemeral_storage {
    size = 1024
  }

  environment {
    variables = { GREETING = local.name }
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = local.is_first ? "WARN" : "INFO"
    log_group             = aws_cloudwatch_log_group.worker.name
  }

  tracing_config {
    mode = "PassThrough"
  }

  depends_on = [aws_iam_role_policy_attachment.logs]
}

resource "aws_lambda_function" "from_object" {
  function_name    = "from-object"
  role             = aws_iam_role.worker.arn
  runtime          = "python3.11"
  handler          = "app.handler"
  s3_bucket        = aws_s3_object.app.bucket
  s3_key           = aws_s3_object.app.key
  source_code_hash = filebase64sha256("${path.module}/app.zip")
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = local.name
  function_name    = aws_lambda_function.worker.arn
  function_version = aws_lambda_function.worker.version
}

resource "aws_lambda_alias" "split" {
  name             = "split"
  function_name    = aws_lambda_function.worker.function_name
  function_version = "1"

  dynamic "routing_config" {
    for_each = local.is_first ? [] : ["2"]
    content {
      additional_version_weights = { (routing_config.value) = 0.25 }
    }
  }

  depends_on = [aws_lambda_function.worker]
}

resource "aws_lambda_function_event_invoke_config" "latest" {
  function_name                = aws_lambda_function.worker.function_name
  maximum_event_age_in_seconds = local.is_first ? 120 : 240
  maximum_retry_attempts       = 0

  destination_config {
    on_failure {
      destination = aws_lambda_function.from_object.arn
    }
  }

  depends_on = [aws_iam_role_policy.hand_on]
}

resource "aws_lambda_function_event_invoke_config" "live" {
  function_name          = aws_lambda_function.worker.function_name
  qualifier              = aws_lambda_alias.live.name
  maximum_retry_attempts = 1
}

resource "aws_lambda_function_recursion_config" "worker" {
  function_name  = aws_lambda_function.worker.function_name
  recursive_loop = local.is_first ? "Allow" : "Terminate"
}

resource "aws_lambda_invocation" "once" {
  function_name = aws_lambda_function.worker.function_name
  qualifier     = aws_lambda_alias.split.name
  input         = jsonencode({ name = "a resource" })
}

resource "aws_cloudwatch_log_stream" "notes" {
  name           = "notes"
  log_group_name = aws_cloudwatch_log_group.worker.name
}
