namespace IoTBackend.Core.Connectivity;

internal struct LossCounter
{
    public long Last;
    public long Lost;
    public long Received;
}
