resource "aws_iam_role" "pets" {
  name               = "rest-pets"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = ["lambda.amazonaws.com", "apigateway.amazonaws.com"] } }] })
}

resource "aws_lambda_function" "pets" {
  function_name    = "rest-pets"
  filename         = "${path.module}/app.zip"
  source_code_hash = filebase64sha256("${path.module}/app.zip")
  handler          = "app.handler"
  runtime          = "python3.11"
  role             = aws_iam_role.pets.arn
}

resource "aws_lambda_permission" "pets" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.pets.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.pets.execution_arn}/*/*"
}

resource "aws_cloudwatch_log_group" "access" {
  name = "/apis/rest-pets"
}
