// What an operator may choose. Everything else about the system is fixed in the modules.

@export()
@description('Size and reach of the function app.')
@sealed()
type Compute = {
  @description('Memory of one instance in MB. The bill is memory times busy time, so the smallest that keeps up is the cheapest.')
  instanceMemoryMB: 512 | 2048 | 4096

  @description('Most instances the platform may start, per function group.')
  @minValue(40)
  @maxValue(1000)
  maximumInstances: int

  @description('Instances kept warm and billed while idle; empty scales to zero.')
  alwaysReady: AlwaysReady[]
}

@export()
@description('Warm instances of one scale group.')
@sealed()
type AlwaysReady = {
  @description('Scale group: http, or function:NAME.')
  @minLength(4)
  @maxLength(70)
  name: string

  @description('Number of warm instances.')
  @minValue(1)
  @maxValue(100)
  instanceCount: int
}

@export()
@description('The Event Hubs namespace that carries the telemetry.')
@sealed()
type Ingest = {
  @description('Basic is for small fleets over HTTP: half the price, 100 AMQP connections, a day of retention, events of 256 KB. Standard allows 5,000 connections for the namespace, Premium 10,000 per processing unit.')
  tier: 'Basic' | 'Standard' | 'Premium'

  @description('Throughput units (Basic and Standard: 1 MB/s or 1,000 events/s in, each) or processing units (Premium).')
  @minValue(1)
  @maxValue(40)
  units: int

  @description('Throughput units the namespace may grow to by itself (Standard only); 0 keeps it fixed.')
  @minValue(0)
  @maxValue(40)
  maximumUnits: int

  @description('Partitions of the hub: the most instances that can process telemetry side by side. Cannot be changed later on Standard.')
  @minValue(1)
  @maxValue(32)
  partitions: int

  @description('Hours that telemetry is kept, so the longest outage of the processor that loses nothing.')
  @minValue(1)
  @maxValue(168)
  retentionHours: int

  @description('Seconds that telemetry may wait for more before it is processed. Every run bills at least a second of an instance, so waiting is what makes a small fleet cheap.')
  @minValue(1)
  @maxValue(59)
  batchSeconds: int

  @description('Whether devices may send by AMQP with a token of their own. Keeps SAS alive on the namespace: one rule that can only send, on the hub.')
  directAmqp: bool
}

@export()
@description('The container registry.')
@sealed()
type Registry = {
  @description('Premium is needed for a private endpoint and for geo-replication.')
  tier: 'Basic' | 'Standard' | 'Premium'
}

@export()
@description('Storage redundancy and keeping.')
@sealed()
type Data = {
  @description('Replication of the storage account; the ZRS kinds survive the loss of a zone.')
  redundancy: 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GZRS'

  @description('Days that dead letters are kept: telemetry that could not be read, and events that could not be delivered.')
  @minValue(1)
  @maxValue(3650)
  deadLetterDays: int
}

@export()
@description('Who can reach what.')
@discriminator('kind')
type Network = PublicNetwork | PrivateNetwork

@description('No virtual network: every service answers on its public name to whoever has a role.')
@sealed()
type PublicNetwork = {
  @description('Public network.')
  kind: 'public'
}

@description('The app joins a virtual network; storage and the vault refuse everyone outside it.')
@sealed()
type PrivateNetwork = {
  @description('Private network.')
  kind: 'private'

  @description('Address space, a /24 or larger.')
  @minLength(9)
  @maxLength(18)
  addressSpace: string

  @description('Also closes Event Hubs and the registry. Devices outside the network can then neither send by AMQP nor pull images.')
  closeIngestAndRegistry: bool
}

@export()
@description('Operators who sign in to the console with Entra ID, by App Service Authentication.')
@sealed()
type OperatorSignIn = {
  @description('Application (client) id of the app registration. Its app role Operator makes an operator; it trusts the identity of the app, so it needs no secret.')
  @minLength(36)
  @maxLength(36)
  clientId: string

  @description('Directory of the registration; of no other is anybody let in.')
  @minLength(36)
  @maxLength(36)
  tenantId: string
}

@export()
@description('Watching and paying.')
@sealed()
type Operations = {
  @description('Addresses that are told of alerts and of the budget.')
  @maxLength(10)
  emails: string[]

  @description('Monthly budget of the resource group in the currency of the bill; 0 sets none.')
  @minValue(0)
  budget: int

  @description('First day of the first budgeted month, as 2026-11-01.')
  @minLength(10)
  @maxLength(10)
  budgetFrom: string

  @description('Gigabytes of logs a day after which logging stops.')
  @minValue(1)
  @maxValue(100)
  dailyLogGB: int

  @description('Days that logs are kept; the first 30 are free of charge.')
  @minValue(30)
  @maxValue(730)
  logDays: int
}

@export()
@description('Tags on every resource.')
type Tags = {
  @description('Value of the tag.')
  *: string
}
