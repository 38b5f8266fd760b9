using '../../../infra/main.bicep'

// Operators sign in with Entra ID.
param environmentName = 'signin'
param location = 'westeurope'
param compute = { instanceMemoryMB: 512, maximumInstances: 40, alwaysReady: [] }
param ingest = { tier: 'Standard', units: 1, maximumUnits: 0, partitions: 4, retentionHours: 24, batchSeconds: 2, directAmqp: false }
param registry = { tier: 'Basic' }
param data = { redundancy: 'Standard_LRS', deadLetterDays: 30 }
param network = { kind: 'public' }
param operations = { emails: ['operator@example.com'], budget: 0, budgetFrom: '2026-11-01', dailyLogGB: 1, logDays: 30 }
param zoneRedundant = false
param operatorSignIn = { clientId: '33333333-3333-3333-3333-333333333333', tenantId: '11111111-1111-1111-1111-111111111111' }
