# The second one changes what can be updated in place.
variable "generation" {
  type = number
}

locals {
  is_first = var.generation == 1
  name     = local.is_first ? "first" : "second"
}
