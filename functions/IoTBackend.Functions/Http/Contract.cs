namespace IoTBackend.Functions.Http;

/// <summary>What a function takes, asks and answers: the API's description is made from these, and a test holds real answers against it.</summary>
internal interface IContract
{
    Type? Type { get; }
}

/// <summary>The JSON body.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TakesAttribute<T> : Attribute, IContract
{
    public Type? Type => typeof(T);
}

/// <summary>The query parameters, one property each. A function without this attribute takes none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AsksAttribute<T> : Attribute, IContract
{
    public Type? Type => typeof(T);
}

/// <summary>An answer. The problems every call may have (400, 401, 413, 503) need not be said.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal class AnswersAttribute(int status) : Attribute, IContract
{
    public int Status => status;

    /// <summary>Null = no body, or a problem where the status is one of error.</summary>
    public virtual Type? Type => null;
}

/// <summary>An answer with a JSON body.</summary>
internal sealed class AnswersAttribute<T>(int status) : AnswersAttribute(status)
{
    public override Type? Type => typeof(T);
}

/// <summary>A body in forms that are no JSON document of one type.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TakesMediaAttribute(params string[] types) : Attribute
{
    public IReadOnlyList<string> Types => types;
}
