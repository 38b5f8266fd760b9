import { Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Name of the registry.')
param name string

@description('Name of the Event Grid system topic that reports pushes.')
param topicName string

@description('Tier.')
param tier 'Basic' | 'Standard' | 'Premium'

@description('Spread over zones (Premium only).')
param zoneRedundant bool

@description('Refuse everyone outside the virtual network, devices included (Premium only).')
param closed bool

@description('Tags.')
param tags Tags

var premium = tier == 'Premium'

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: tier }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    // Owners and contributors of the subscription get no image rights by being that.
    roleAssignmentMode: 'AbacRepositoryPermissions'
    policies: { azureADAuthenticationAsArmPolicy: { status: 'disabled' } }
    publicNetworkAccess: premium && closed ? 'Disabled' : 'Enabled'
    zoneRedundancy: premium && zoneRedundant ? 'Enabled' : 'Disabled'
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: topicName
  location: location
  tags: tags
  // Behind a storage firewall Event Grid delivers with a system-assigned identity only.
  identity: { type: 'SystemAssigned' }
  properties: { source: registry.id, topicType: 'Microsoft.ContainerRegistry.Registries' }
}

@description('Object id of the topic, which needs the right to put messages into the queue.')
output topicPrincipalId string = topic.identity.principalId
