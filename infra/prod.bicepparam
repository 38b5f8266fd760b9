using 'main.bicep'

// Survives the loss of a zone; storage and vault answer inside the virtual network only. Devices still reach Event Hubs and the registry.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param compute = { instanceMemoryMB: 512, maximumInstances: 100, alwaysReady: [] }
param ingest = { tier: 'Standard', units: 1, maximumUnits: 10, partitions: 16, retentionHours: 168, batchSeconds: 2, directAmqp: true }
param registry = { tier: 'Standard' }
param data = { redundancy: 'Standard_ZRS', deadLetterDays: 365 }
param network = { kind: 'private', addressSpace: '10.40.0.0/24', closeIngestAndRegistry: false }
param operations = {
  emails: empty(readEnvironmentVariable('OPERATOR_EMAIL', '')) ? [] : [readEnvironmentVariable('OPERATOR_EMAIL', '')]
  budget: 500
  budgetFrom: readEnvironmentVariable('BUDGET_FROM', '2026-11-01')
  dailyLogGB: 5
  logDays: 90
}
param operatorSignIn = empty(readEnvironmentVariable('SIGN_IN_CLIENT_ID', ''))
  ? null
  : { clientId: readEnvironmentVariable('SIGN_IN_CLIENT_ID', ''), tenantId: readEnvironmentVariable('SIGN_IN_TENANT_ID', '') }
param zoneRedundant = true
param deviceMasterKey = readEnvironmentVariable('DEVICE_MASTER_KEY', '')
param consoleKey = readEnvironmentVariable('CONSOLE_KEY', '')
