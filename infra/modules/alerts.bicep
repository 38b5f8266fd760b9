import { Tags } from '../types.bicep'

@description('Region of the log alerts.')
param location string

@description('Prefix of the names.')
param prefix string

@description('Addresses that are told.')
param emails string[]

@description('Event Hubs namespace.')
param namespaceName string

@description('AMQP connections the namespace allows; the alert fires at four fifths of it.')
param connectionLimit int

@description('Storage account.')
param storageName string

@description('Event Grid topic of the registry.')
param topicName string

@description('Application Insights component.')
param componentName string

@description('Tags.')
param tags Tags

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-operators'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'iot-ops'
    emailReceivers: [for (email, i) in emails: { name: 'email${i}', emailAddress: email, useCommonAlertSchema: true }]
  }
}

var metrics = [
  {
    name: 'hub-throttled'
    description: 'Event Hubs refuses telemetry: more throughput units are needed, or auto-inflate has reached its maximum.'
    scope: namespace.id
    namespace: 'Microsoft.EventHub/namespaces'
    metric: 'ThrottledRequests'
    aggregation: 'Total'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'hub-errors'
    description: 'Event Hubs fails on its own account.'
    scope: namespace.id
    namespace: 'Microsoft.EventHub/namespaces'
    metric: 'ServerErrors'
    aggregation: 'Total'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'hub-connections'
    description: 'Devices on AMQP are near the connection limit of the namespace: move devices to HTTP, or go to the Premium tier.'
    scope: namespace.id
    namespace: 'Microsoft.EventHub/namespaces'
    metric: 'ActiveConnections'
    aggregation: 'Maximum'
    operator: 'GreaterThan'
    threshold: connectionLimit * 4 / 5
  }
  {
    name: 'storage-unavailable'
    description: 'Device state cannot be stored; telemetry waits in the hub.'
    scope: account.id
    namespace: 'Microsoft.Storage/storageAccounts'
    metric: 'Availability'
    aggregation: 'Average'
    operator: 'LessThan'
    threshold: 99
  }
  {
    name: 'pushes-undelivered'
    description: 'Image pushes did not reach the queue; the reconciliation timer finds them, later.'
    scope: topic.id
    namespace: 'Microsoft.EventGrid/systemTopics'
    metric: 'DeadLetteredCount'
    aggregation: 'Total'
    operator: 'GreaterThan'
    threshold: 0
  }
]

resource metricAlert 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for item in metrics: {
    name: '${prefix}-${item.name}'
    location: 'global'
    tags: tags
    properties: {
      description: item.description
      enabled: true
      severity: 2
      scopes: [item.scope]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: item.name
            metricNamespace: item.namespace
            metricName: item.metric
            timeAggregation: item.aggregation
            operator: item.operator
            threshold: item.threshold
          }
        ]
      }
      actions: [{ actionGroupId: operators.id }]
    }
  }
]

var queries = [
  {
    name: 'functions-failing'
    description: 'Invocations fail. Telemetry is retried from the hub; see the exceptions.'
    severity: 2
    // Requests are sampled: each kept one says how many it stands for.
    query: 'requests | where success == false and toint(resultCode) !between (400 .. 499) | summarize failed = sum(itemCount) | where failed > 10'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'host-silent'
    description: 'No timer has run for a quarter of an hour, so nobody is watching for silent devices.'
    severity: 1
    query: 'requests | where name endswith "SweepSilences"'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'dead-letters'
    description: 'Telemetry was set aside as unreadable, with its reason and bytes, or an alert could not be delivered for a day.'
    severity: 3
    query: 'customMetrics | where name in ("iot.telemetry.events", "iot.alerts.deliveries") and tostring(customDimensions.outcome) == "dead_lettered" and valueSum > 0'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'telemetry-late'
    description: 'Telemetry waits more than five minutes between the hub and the stored state: silence is judged late too.'
    severity: 2
    query: 'customMetrics | where name == "iot.telemetry.delay" and valueMax > 300'
    operator: 'GreaterThan'
    threshold: 0
  }
]

resource logAlert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for item in queries: {
    name: '${prefix}-${item.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: item.name
      description: item.description
      enabled: true
      severity: item.severity
      scopes: [component.id]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT15M'
      autoMitigate: true
      // Before the first telemetry the tables are not there yet.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: item.query
            timeAggregation: 'Count'
            operator: item.operator
            threshold: item.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [operators.id] }
    }
  }
]

@description('Resource id of the action group, for the budget.')
output actionGroupId string = operators.id
