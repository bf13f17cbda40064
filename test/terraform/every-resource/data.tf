data "aws_lambda_function" "worker" {
  function_name = aws_lambda_function.worker.function_name
}

data "aws_lambda_alias" "live" {
  function_name = aws_lambda_function.worker.function_name
  name          = aws_lambda_alias.live.name
}

data "aws_lambda_layer_version" "library" {
  layer_name = aws_lambda_layer_version.from_object.layer_name
}

data "aws_lambda_functions" "all" {
  depends_on = [aws_lambda_function.worker, aws_lambda_function.from_object]
}

data "aws_lambda_invocation" "again" {
  function_name = aws_lambda_function.worker.function_name
  input         = jsonencode({ name = "a data source" })
}

data "aws_cloudwatch_log_group" "worker" {
  name = aws_cloudwatch_log_group.worker.name
}

output "read" {
  value = {
    account   = data.aws_caller_identity.me.account_id
    alias     = data.aws_lambda_alias.live.function_version
    body      = data.aws_s3_object.text.body
    domain    = data.aws_s3_bucket.uploads.bucket_regional_domain_name
    functions = sort(setintersection(data.aws_lambda_functions.all.function_names, [aws_lambda_function.worker.function_name, aws_lambda_function.from_object.function_name]))
    keys      = data.aws_s3_objects.code.keys
    layer     = data.aws_lambda_layer_version.library.version
    region    = data.aws_region.here.name
    retention = data.aws_cloudwatch_log_group.worker.retention_in_days
    role      = data.aws_iam_role.worker.arn
    said      = [for result in [aws_lambda_invocation.once.result, data.aws_lambda_invocation.again.result] : jsondecode(result)]
    url       = data.aws_lambda_function_url.open.function_url
    version   = data.aws_lambda_function.worker.version
  }
}
