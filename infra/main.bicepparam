using 'main.bicep'
extends 'dev.bicepparam'
// The Azure Developer CLI looks for this name.
