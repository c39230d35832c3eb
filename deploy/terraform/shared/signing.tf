# The key that signs releases, and the one role that may use it.

resource "aws_kms_key" "releases" {
  description              = "Signs release records"
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
}

resource "aws_kms_alias" "releases" {
  name          = "alias/plinth-releases"
  target_key_id = aws_kms_key.releases.key_id
}

resource "aws_iam_role" "signing" {
  name               = "delivery-signing"
  assume_role_policy = templatefile("${path.module}/../policies/trust.json", { principals = jsonencode(var.releasers) })
}

resource "aws_iam_role_policy" "signing" {
  role   = aws_iam_role.signing.name
  policy = templatefile("${path.module}/../policies/signing.json", { key = aws_kms_key.releases.arn })
}
