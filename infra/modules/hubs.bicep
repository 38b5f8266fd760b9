import { Ingest, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Name of the namespace.')
param namespaceName string

@description('Name of the hub.')
param hubName string

@description('Name of the rule that device tokens are signed with.')
param deviceRuleName string

@description('Size and reach.')
param ingest Ingest

@description('Refuse everyone outside the virtual network, devices included.')
param closed bool

@description('Tags.')
param tags Tags

var standard = ingest.tier == 'Standard'
var inflates = standard && ingest.maximumUnits > ingest.units

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: namespaceName
  location: location
  tags: tags
  sku: { name: ingest.tier, tier: ingest.tier, capacity: ingest.units }
  properties: {
    minimumTlsVersion: '1.2'
    // Device tokens are shared access signatures; without direct AMQP nothing needs them.
    disableLocalAuth: !ingest.directAmqp
    isAutoInflateEnabled: inflates
    maximumThroughputUnits: inflates ? ingest.maximumUnits : 0
    publicNetworkAccess: closed ? 'Disabled' : 'Enabled'
  }
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: hubName
  properties: {
    partitionCount: ingest.partitions
    retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: ingest.retentionHours }
  }
}

resource devices 'Microsoft.EventHub/namespaces/eventhubs/authorizationRules@2024-01-01' = if (ingest.directAmqp) {
  parent: hub
  name: deviceRuleName
  properties: { rights: ['Send'] }
}
