namespace IoTBackend.Core.Readings.SenMl;

/// <summary>One record of a pack as it was written, base fields and all (RFC 8428 section 4).</summary>
internal struct SenMlRecord
{
    public string? BaseName;
    public double? BaseTime;
    public string? BaseUnit;
    public double? BaseValue;
    public double? BaseSum;
    public long? BaseVersion;
    public string? Name;
    public string? Unit;
    public double? Value;
    public string? Text;
    public bool? Flag;
    public string? Data;
    public double? Sum;
    public double? Time;
    public double? UpdateTime;

    /// <summary>A field that must be understood and is not.</summary>
    public string? Demanded;

    /// <summary>What is wrong with it already; null = nothing.</summary>
    public string? Problem;

    public readonly int Values => (Value is null ? 0 : 1) + (Text is null ? 0 : 1) + (Flag is null ? 0 : 1) + (Data is null ? 0 : 1);

    /// <summary>Nothing but base fields: it only sets them for those that follow.</summary>
    public readonly bool IsBaseOnly => Values == 0 && Sum is null && Name is null && Unit is null && Time is null && UpdateTime is null;
}
