output "versions" {
  description = "The version of each client's secret."
  value       = { for name, app in module.app : name => app.version }
}
