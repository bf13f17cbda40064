resource "aws_s3_bucket" "uploads" {
  bucket        = "uploads"
  force_destroy = true
  tags          = { purpose = local.name }
}

resource "aws_s3_bucket" "code" {
  bucket_prefix = "code-"
}

resource "aws_s3_object" "app" {
  bucket       = aws_s3_bucket.code.id
  key          = "packages/app.zip"
  source       = "${path.module}/app.zip"
  source_hash  = filemd5("${path.module}/app.zip")
  content_type = "application/zip"
  metadata     = { built = "here" }
}

resource "aws_s3_object" "layer" {
  bucket         = aws_s3_bucket.code.id
  key            = "layer.zip"
  content_base64 = filebase64("${path.module}/layer.zip")
}

resource "aws_s3_object" "text" {
  bucket        = aws_s3_bucket.uploads.id
  key           = "texts/hello.txt"
  content       = local.name
  etag          = md5(local.name)
  content_type  = "text/plain"
  cache_control = "no-cache"
  storage_class = "STANDARD_IA"
  tags          = { purpose = local.name }
}

resource "aws_s3_bucket_notification" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  lambda_function {
    id                  = "photos"
    lambda_function_arn = aws_lambda_function.worker.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "${local.name}/"
    filter_suffix       = ".jpg"
  }

  lambda_function {
    lambda_function_arn = aws_lambda_alias.live.arn
    events              = ["s3:ObjectRemoved:*"]
  }

  depends_on = [aws_lambda_permission.bucket, aws_lambda_permission.bucket_to_alias]
}

data "aws_s3_bucket" "uploads" {
  bucket = aws_s3_bucket.uploads.id
}

data "aws_s3_object" "text" {
  bucket = aws_s3_bucket.uploads.id
  key    = aws_s3_object.text.key
}

data "aws_s3_objects" "code" {
  bucket     = aws_s3_bucket.code.id
  prefix     = "packages/"
  depends_on = [aws_s3_object.app]
}

resource "aws_s3_object_copy" "text" {
  bucket = aws_s3_bucket.uploads.id
  key    = "texts/copy.txt"
  source = "${aws_s3_bucket.uploads.id}/${aws_s3_object.text.key}"

  # Otherwise it has the tags of its source, which nobody wrote here.
  tagging_directive = "REPLACE"
}
