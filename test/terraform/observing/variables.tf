# The second one changes what can be updated in place.
variable "generation" {
  type = number
}
