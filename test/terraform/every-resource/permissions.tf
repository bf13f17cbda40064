resource "aws_lambda_permission" "bucket" {
  statement_id   = "bucket"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.worker.function_name
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.uploads.arn
  source_account = data.aws_caller_identity.me.account_id
}

resource "aws_lambda_permission" "bucket_to_alias" {
  statement_id_prefix = "to-live-"
  action              = "lambda:InvokeFunction"
  function_name       = aws_lambda_function.worker.function_name
  qualifier           = aws_lambda_alias.live.name
  principal           = "s3.amazonaws.com"
  source_arn          = aws_s3_bucket.uploads.arn
}

resource "aws_lambda_permission" "organization" {
  action           = "lambda:InvokeFunction"
  function_name    = aws_lambda_function.worker.arn
  principal        = "*"
  principal_org_id = "o-1234567890"
}

resource "aws_lambda_permission" "url" {
  statement_id           = "url"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.worker.function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "invoke_by_url" {
  statement_id  = "invoke-by-url"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.worker.function_name
  principal     = "*"
}

resource "aws_lambda_permission" "skill" {
  statement_id       = "skill"
  action             = "lambda:InvokeFunction"
  function_name      = aws_lambda_function.worker.function_name
  principal          = "alexa-appkit.amazon.com"
  event_source_token = "amzn1.ask.skill.0"
}

resource "aws_lambda_permission" "account" {
  statement_id  = "account"
  action        = "lambda:GetFunction"
  function_name = aws_lambda_function.worker.function_name
  principal     = "arn:aws:iam::111122223333:root"
}
