variable "bucket" {
  description = "The ledger's bucket: `bucket` of [ledger] in delivery.toml."
  type        = string
}

variable "promoters" {
  description = "ARNs of the roles or users that promote and roll back."
  type        = list(string)
}

variable "releasers" {
  description = "ARNs of the release job's roles: nobody else may sign releases."
  type        = list(string)
}

variable "environment_roles" {
  description = "ARNs of the environments' delivery roles: the output `role` of each environment."
  type        = list(string)
}

variable "releases" {
  description = "ARN of the ECR repository that holds the records."
  type        = string
}

variable "repositories" {
  description = "ARN, or pattern, of the ECR repositories with records and images."
  type        = string
}
