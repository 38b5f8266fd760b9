namespace IoTBackend.Core.Connectivity;

internal struct LinkBaseline
{
    public float Baseline;
    public float Current;
    public int Count;
}
