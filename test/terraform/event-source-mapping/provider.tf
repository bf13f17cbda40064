terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

# Where lambdad is and who asks comes from the environment.
provider "aws" {}
