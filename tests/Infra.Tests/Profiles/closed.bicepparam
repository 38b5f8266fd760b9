using '../../../infra/main.bicep'

// Everything that can be inside the network is: a fleet whose devices are inside it too.
param environmentName = 'closed'
param location = 'westeurope'
param compute = { instanceMemoryMB: 2048, maximumInstances: 100, alwaysReady: [{ name: 'http', instanceCount: 2 }] }
param ingest = { tier: 'Premium', units: 2, maximumUnits: 0, partitions: 32, retentionHours: 72, batchSeconds: 2, directAmqp: true }
param registry = { tier: 'Premium' }
param data = { redundancy: 'Standard_GZRS', deadLetterDays: 30 }
param network = { kind: 'private', addressSpace: '10.8.0.0/23', closeIngestAndRegistry: true }
param operations = { emails: [], budget: 0, budgetFrom: '2026-11-01', dailyLogGB: 1, logDays: 30 }
param zoneRedundant = true
