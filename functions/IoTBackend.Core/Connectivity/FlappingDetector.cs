namespace IoTBackend.Core.Connectivity;

internal struct FlappingState
{
    public long RaisedAt;
}
