# What all environments share, in an account of its own: the ledger.

resource "aws_s3_bucket" "ledger" {
  bucket              = var.bucket
  object_lock_enabled = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "ledger" {
  bucket = aws_s3_bucket.ledger.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "ledger" {
  bucket                  = aws_s3_bucket.ledger.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# What the command asks for, the bucket insists on: nothing is written over, nothing is removed.
resource "aws_s3_bucket_policy" "ledger" {
  bucket = aws_s3_bucket.ledger.id
  policy = templatefile("${path.module}/../policies/ledger-bucket.json", { bucket = var.bucket })
}

resource "aws_kms_key" "ledger" {
  description              = "Signs entries of the delivery ledger"
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
}

resource "aws_kms_alias" "ledger" {
  name          = "alias/plinth-ledger"
  target_key_id = aws_kms_key.ledger.key_id
}

resource "aws_iam_role" "ledger" {
  name               = "delivery-ledger"
  assume_role_policy = templatefile("${path.module}/../policies/trust.json", { principals = jsonencode(var.promoters) })
}

resource "aws_iam_role_policy" "ledger" {
  role   = aws_iam_role.ledger.name
  policy = templatefile("${path.module}/../policies/ledger.json", { bucket = var.bucket, key = aws_kms_key.ledger.arn })
}
