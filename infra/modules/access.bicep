// Every right in the system. Nothing here is wider than one thing, save storage: the account is the app's alone, and the
// Functions host makes containers and poison queues under names of its own.

@description('Object id of the app identity.')
param appPrincipalId string

@description('Resource id of the app identity; known before deployment, unlike its object id, so names can be made from it.')
param appIdentityId string

@description('Object id of the Event Grid topic identity.')
param topicPrincipalId string

@description('Name of the Event Grid topic.')
param topicName string

@description('Storage account.')
param storageName string

@description('Queue that receives pushes.')
param pushQueueName string

@description('Container for undeliverable events.')
param deadLetterContainer string

@description('Event Hubs namespace.')
param namespaceName string

@description('Hub.')
param hubName string

@description('Container registry.')
param registryName string

@description('Vault.')
param vaultName string

@description('Secrets the app reads; nothing else in the vault is open to it.')
param secretNames string[]

@description('Application Insights component.')
param componentName string

var role = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  queueSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  hubReceiver: 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
  hubSender: '2b629674-e913-4c01-ae53-ef4638d8f975'
  repositoryReader: 'b93aa761-3e63-49ed-ac28-beffa264f7ac'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName

  resource queues 'queueServices' existing = {
    name: 'default'

    resource pushes 'queues' existing = {
      name: pushQueueName
    }
  }

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource undelivered 'containers' existing = {
      name: deadLetterContainer
    }
  }
}

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName

  resource hub 'eventhubs' existing = {
    name: hubName
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: registryName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' existing = [
  for item in secretNames: {
    parent: vault
    name: item
  }
]

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

var storageRoles = [role.blobOwner, role.queueContributor, role.tableContributor]

resource appOnStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for item in storageRoles: {
    scope: account
    name: guid(account.id, appIdentityId, item)
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', item)
    }
  }
]

resource appOnHub 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for item in [role.hubReceiver, role.hubSender]: {
    scope: namespace::hub
    name: guid(namespace::hub.id, appIdentityId, item)
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', item)
    }
  }
]

resource appOnRegistry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, appIdentityId, role.repositoryReader)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.repositoryReader)
  }
}

resource appOnSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (item, i) in secretNames: {
    scope: secret[i]
    name: guid(secret[i].id, appIdentityId, role.secretsUser)
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.secretsUser)
    }
  }
]

resource appOnComponent 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: component
  name: guid(component.id, appIdentityId, role.metricsPublisher)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.metricsPublisher)
  }
}

resource topicOnQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::queues::pushes
  name: guid(account::queues::pushes.id, topic.id, role.queueSender)
  properties: {
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.queueSender)
  }
}

resource topicOnContainer 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::blobs::undelivered
  name: guid(account::blobs::undelivered.id, topic.id, role.blobContributor)
  properties: {
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.blobContributor)
  }
}
