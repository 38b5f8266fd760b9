using '../../../infra/main.bicep'

// No device sends by AMQP, so the namespace needs no shared access signatures at all.
param environmentName = 'http'
param location = 'westeurope'
param compute = { instanceMemoryMB: 512, maximumInstances: 40, alwaysReady: [] }
param ingest = { tier: 'Standard', units: 1, maximumUnits: 0, partitions: 4, retentionHours: 24, batchSeconds: 2, directAmqp: false }
param registry = { tier: 'Basic' }
param data = { redundancy: 'Standard_LRS', deadLetterDays: 30 }
param network = { kind: 'public' }
param operations = { emails: ['operator@example.com'], budget: 0, budgetFrom: '2026-11-01', dailyLogGB: 1, logDays: 30 }
param zoneRedundant = false
