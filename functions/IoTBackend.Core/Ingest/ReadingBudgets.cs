using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Ingest;

/// <summary>What each device may still send over HTTP, in readings; refused ones count too.</summary>
public sealed class ReadingBudgets(IngestOptions options, TimeProvider time) : Budgets(options.ReadingsPerSecond, options.Burst, time);
