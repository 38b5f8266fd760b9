using 'main.bicep'
extends 'dev.bicepparam'

// For up to some thousand devices that send over HTTP: the hub's Basic tier at half the price, and half a minute's wait for company,
// since every run bills at least a second of an instance. What it costs in patience: an alert comes up to half a minute later.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'small')
param ingest = { tier: 'Basic', units: 1, maximumUnits: 0, partitions: 1, retentionHours: 24, batchSeconds: 30, directAmqp: false }
