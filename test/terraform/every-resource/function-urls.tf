resource "aws_lambda_function_url" "open" {
  function_name      = aws_lambda_function.worker.function_name
  authorization_type = "NONE"

  cors {
    allow_credentials = local.is_first
    allow_headers     = ["date", "keep-alive"]
    allow_methods     = ["GET", "POST"]
    allow_origins     = ["https://example.com"]
    expose_headers    = ["date"]
    max_age           = local.is_first ? 60 : 120
  }
}

resource "aws_lambda_function_url" "live" {
  function_name      = aws_lambda_function.worker.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = "AWS_IAM"
  invoke_mode        = local.is_first ? "BUFFERED" : "RESPONSE_STREAM"
}

resource "aws_lambda_runtime_management_config" "worker" {
  function_name     = aws_lambda_function.worker.function_name
  qualifier         = "$LATEST"
  update_runtime_on = local.is_first ? "FunctionUpdate" : "Auto"
}

data "aws_lambda_function_url" "open" {
  function_name = aws_lambda_function_url.open.function_name
}
