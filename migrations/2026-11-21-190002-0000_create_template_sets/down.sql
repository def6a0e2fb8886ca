DROP TABLE template_fragments;
DROP TABLE template_sets;
