resource "aws_lambda_provisioned_concurrency_config" "live" {
  function_name                     = aws_lambda_function.worker.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = local.is_first ? 1 : 2
}
