terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

# Where lambdad is and who asks comes from the environment.
provider "aws" {
  default_tags {
    tags = { project = "lambdad" }
  }
}

# The second one changes what can be updated in place.
variable "generation" {
  type    = number
  default = 1
}

locals {
  is_first = var.generation == 1
  name     = local.is_first ? "first" : "second"
}
