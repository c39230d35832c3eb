# What the people and jobs that call `delivery` need themselves: attach these to what they are.

resource "aws_iam_policy" "promoter" {
  name = "delivery-promoter"
  policy = templatefile("${path.module}/../policies/promoter.json", {
    roles        = jsonencode(concat(var.environment_roles, [aws_iam_role.ledger.arn]))
    repositories = var.repositories
  })
}

resource "aws_iam_policy" "releaser" {
  name = "delivery-releaser"
  policy = templatefile("${path.module}/../policies/releaser.json", {
    role     = aws_iam_role.signing.arn
    releases = var.releases
  })
}

output "ledger_role" {
  description = "`role` of [ledger] in delivery.toml."
  value       = aws_iam_role.ledger.arn
}

output "signing_role" {
  description = "`role` of [signing] in delivery.toml."
  value       = aws_iam_role.signing.arn
}

output "policies" {
  description = "For promoters and for the release job."
  value       = { promoter = aws_iam_policy.promoter.arn, releaser = aws_iam_policy.releaser.arn }
}
