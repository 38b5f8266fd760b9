using 'main.bicep'

// Cheap when idle: scales to zero, one throughput unit, everything on public names.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param compute = { instanceMemoryMB: 512, maximumInstances: 40, alwaysReady: [] }
param ingest = { tier: 'Standard', units: 1, maximumUnits: 0, partitions: 4, retentionHours: 24, batchSeconds: 10, directAmqp: true }
param registry = { tier: 'Basic' }
param data = { redundancy: 'Standard_LRS', deadLetterDays: 30 }
param network = { kind: 'public' }
param operations = {
  emails: empty(readEnvironmentVariable('OPERATOR_EMAIL', '')) ? [] : [readEnvironmentVariable('OPERATOR_EMAIL', '')]
  budget: 50
  budgetFrom: readEnvironmentVariable('BUDGET_FROM', '2026-11-01')
  dailyLogGB: 1
  logDays: 30
}
param operatorSignIn = empty(readEnvironmentVariable('SIGN_IN_CLIENT_ID', ''))
  ? null
  : { clientId: readEnvironmentVariable('SIGN_IN_CLIENT_ID', ''), tenantId: readEnvironmentVariable('SIGN_IN_TENANT_ID', '') }
param zoneRedundant = false
param deviceMasterKey = readEnvironmentVariable('DEVICE_MASTER_KEY', '')
param consoleKey = readEnvironmentVariable('CONSOLE_KEY', '')
