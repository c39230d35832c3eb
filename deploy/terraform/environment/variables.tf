variable "name" {
  description = "The environment, as delivery.toml names it. Functions are called <name>-<lambda>."
  type        = string
}

variable "alias" {
  description = "The alias that callers use, and delivery moves."
  type        = string
  default     = "live"
}

variable "functions" {
  description = "What a lambda has here besides its code, by its name in the release."
  type = map(object({
    role        = string
    memory      = optional(number, 512)
    timeout     = optional(number, 30)
    environment = optional(map(string), {})
  }))
}

variable "first_image" {
  description = "The image that a function begins with, until the first promotion: repository@sha256:…"
  type        = string
}

variable "promoters" {
  description = "ARNs of the roles or users that promote and roll back here."
  type        = list(string)
}
