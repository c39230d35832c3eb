# Functions and aliases exist because of Terraform; which code they run, delivery decides. So a
# release needs no change here, and a plan shows none.

resource "aws_lambda_function" "this" {
  for_each = var.functions

  function_name = "${var.name}-${each.key}"
  role          = each.value.role
  package_type  = "Image"
  image_uri     = var.first_image
  memory_size   = each.value.memory
  timeout       = each.value.timeout
  publish       = true

  environment {
    variables = each.value.environment
  }

  lifecycle {
    ignore_changes = [image_uri]
  }
}

resource "aws_lambda_alias" "this" {
  for_each = var.functions

  name             = var.alias
  function_name    = aws_lambda_function.this[each.key].function_name
  function_version = aws_lambda_function.this[each.key].version

  lifecycle {
    # The description holds the ledger entry that moved the alias.
    ignore_changes = [function_version, routing_config, description]
  }
}

output "aliases" {
  description = "What callers use, by lambda."
  value       = { for name, each in aws_lambda_alias.this : name => each.arn }
}
