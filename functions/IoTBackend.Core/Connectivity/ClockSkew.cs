namespace IoTBackend.Core.Connectivity;

internal struct ClockSkew
{
    public long Milliseconds;
    public long Agreements;
}
