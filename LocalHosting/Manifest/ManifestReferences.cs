using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Manifest;

/// <summary>A parameter's value after a filter, as a resource of the manifest.</summary>
internal sealed record EncodedForm(string Name, ParameterResource Parameter, string Filter);

/// <summary>Collects what the written values refer to and what has to be written because of it, in the order of its first use.</summary>
internal sealed class ManifestReferences(IEnumerable<string> modelNames)
{
    private readonly HashSet<string> _names = new(modelNames, ResourceName.Comparer);
    private readonly OrderedDictionary<string, IResource> _resources = [];
    private readonly OrderedDictionary<string, ReferenceExpression> _conditionals = new(ResourceName.Comparer);
    private readonly List<EncodedForm> _encoded = [];
    private readonly List<EncodedForm> _taken = [];
    private readonly HashSet<object> _path = [];

    public IReadOnlyCollection<IResource> Resources => _resources.Values;

    public IReadOnlyCollection<ReferenceExpression> Conditionals => _conditionals.Values;

    /// <summary>Follows a value to the resources that it is made from.</summary>
    public void Add(object? value)
    {
        if (value is ReferenceExpression expression)
        {
            AddEncodedForms(expression);
            AddConditionals(expression);
        }

        if (value is IResource resource)
        {
            if (_resources.TryAdd(resource.Name, resource))
            {
                _names.Add(resource.Name);
            }
        }
        else if (value is IResourceBuilder<IResource> builder)
        {
            Add(builder.Resource);
        }
        else if (value is IValueWithReferences composed && _path.Add(composed))
        {
            foreach (var reference in composed.References)
            {
                Add(reference);
            }

            _path.Remove(composed);
        }
    }

    /// <summary>The name of the resource that holds the hole's value in its format; null if it has none or is no parameter.</summary>
    public string? EncodedForm(ReferenceExpression.Hole hole)
    {
        if (string.IsNullOrEmpty(hole.Format) || Parameter(hole.Provider) is not { } parameter)
        {
            return null;
        }

        if (_encoded.Concat(_taken).FirstOrDefault(form => form.Parameter == parameter && form.Filter == hole.Format) is { } known)
        {
            return known.Name;
        }

        var name = FreeName($"{parameter.Name}-{Readable(hole.Format)}-encoded");
        _encoded.Add(new EncodedForm(name, parameter, hole.Format));
        return name;
    }

    /// <summary>The encoded forms that are not written yet, of one parameter or of all.</summary>
    public IReadOnlyList<EncodedForm> TakeEncodedForms(ParameterResource? parameter = null)
    {
        EncodedForm[] forms = [.. _encoded.Where(form => parameter is null || form.Parameter == parameter)];
        _encoded.RemoveAll(forms.Contains);
        _taken.AddRange(forms);
        return forms;
    }

    private void AddEncodedForms(ReferenceExpression expression)
    {
        if (expression.Conditional is { } choice)
        {
            AddEncodedForms(choice.WhenTrue);
            AddEncodedForms(choice.WhenFalse);
            return;
        }

        foreach (var hole in expression.Holes)
        {
            EncodedForm(hole);
        }
    }

    private void AddConditionals(ReferenceExpression expression)
    {
        foreach (var conditional in expression.ValueProviders.OfType<ReferenceExpression>().Prepend(expression).Where(candidate => candidate.ConditionalName is not null))
        {
            if (_conditionals.TryAdd(conditional.ConditionalName!, conditional))
            {
                _names.Add(conditional.ConditionalName!);
            }
        }
    }

    private static ParameterResource? Parameter(IValueProvider provider) => provider switch
    {
        ParameterResource parameter => parameter,
        ReferenceExpression { Format: "{0}", Holes: [{ Provider: ParameterResource parameter }] } => parameter,
        _ => null,
    };

    private string FreeName(string wanted)
    {
        var name = wanted;
        for (var suffix = 1; !_names.Add(name); suffix++)
        {
            name = $"{wanted}-{suffix}";
        }

        return name;
    }

    private static string Readable(string format)
    {
        var words = string.Concat(format.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-')).Trim('-');
        return words.Length > 0 ? words : "formatted";
    }
}
