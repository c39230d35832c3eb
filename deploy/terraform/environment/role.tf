# Who may change which code runs here: the one role that delivery takes.

data "aws_caller_identity" "this" {}
data "aws_region" "this" {}

resource "aws_iam_role" "delivery" {
  name               = "delivery-${var.name}"
  assume_role_policy = templatefile("${path.module}/../policies/trust.json", { principals = jsonencode(var.promoters) })
}

resource "aws_iam_role_policy" "delivery" {
  role = aws_iam_role.delivery.name
  policy = templatefile("${path.module}/../policies/environment.json", {
    region    = data.aws_region.this.name
    account   = data.aws_caller_identity.this.account_id
    functions = "${var.name}-*"
  })
}

output "role" {
  description = "`role` of this environment in delivery.toml."
  value       = aws_iam_role.delivery.arn
}
